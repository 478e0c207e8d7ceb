import { ApprenticeError } from "../errors.ts";

/** A request that is answered with an error, in words, and in OpenAI's shape. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string;
  /** The field of the request that is to blame. */
  readonly param: string | null;
  /** When it is worth asking again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, options: { readonly param?: string; readonly retryAfterSeconds?: number } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get body() {
    return { error: { message: this.message, type: typeOf(this.status), param: this.param, code: this.code } };
  }

  get headers(): Record<string, string> {
    return this.retryAfterSeconds === undefined ? {} : { "retry-after": String(this.retryAfterSeconds) };
  }
}

/** What anything thrown is to the client: nothing of an error that was not foreseen but that there was one. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof ApprenticeError)) return new Refusal(500, "internal_error", "The server failed at this request.");
  if (error.code === "context_overflow") return new Refusal(400, "context_length_exceeded", error.message, { param: "messages" });
  if (error.code === "template_failed") return new Refusal(400, error.code, error.message, { param: "messages" });
  if (error.code === "model_disposed") return stopping();
  return new Refusal(500, error.code, error.message);
}

export function stopping(): Refusal {
  return new Refusal(503, "server_stopping", "The server is being stopped.", { retryAfterSeconds: 10 });
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
