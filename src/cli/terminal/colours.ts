import pc from "picocolors";

const { NO_COLOR, FORCE_COLOR } = process.env;

/** On a terminal only: picocolors alone would colour the logs of CI services, too. */
export const colours = pc.createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || Boolean(process.stdout.isTTY && process.stderr.isTTY)));
