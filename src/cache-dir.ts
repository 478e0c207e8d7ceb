import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where downloads are kept between runs.
 *
 * `$APPRENTICE_CACHE`, else `$XDG_CACHE_HOME/apprentice`, else the system's own convention
 * (`~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). Read anew at each call; the folder may not exist yet.
 */
export function cacheDir(): string {
  const { APPRENTICE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (APPRENTICE_CACHE) return resolve(APPRENTICE_CACHE);
  if (XDG_CACHE_HOME) return join(resolve(XDG_CACHE_HOME), "apprentice");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "apprentice");
  if (process.platform === "win32") return join(LOCALAPPDATA || join(homedir(), "AppData", "Local"), "apprentice", "Cache");
  return join(homedir(), ".cache", "apprentice");
}
