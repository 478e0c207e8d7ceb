import { execFileSync } from "node:child_process";

/** The sandbox's worker and the command line are tested as built. */
export default function build(): void {
  execFileSync("npm", ["run", "build", "--silent"], { stdio: ["ignore", "inherit", "inherit"] });
}
