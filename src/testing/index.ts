export { scriptedModel, type ScriptedModel, type ScriptedTurn } from "../model/scripted.ts";
