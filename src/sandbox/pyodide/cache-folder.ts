import { homedir } from "node:os";
import { join } from "node:path";

/** The user's cache folder for this package's sandbox, by each system's custom. It need not exist. */
export function defaultCacheFolder(): string {
  const home = homedir();
  const base =
    process.env["XDG_CACHE_HOME"] ??
    (process.platform === "win32"
      ? (process.env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"))
      : join(home, process.platform === "darwin" ? "Library/Caches" : ".cache"));
  return join(base, "apprentice", "sandbox");
}
