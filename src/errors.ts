/**
 * The one error that this package throws. Its message is one line that says what to do about it.
 *
 * What a model or its code does wrong is never thrown: it is an event of the run.
 */
export class ApprenticeError extends Error {
  override readonly name = "ApprenticeError";

  /** Stable, snake_case, e.g. `model_unknown`. Switch on this, not on the message. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
