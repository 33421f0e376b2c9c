/** A mail to one address, plain text only. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The links in it, if it has any: without a mail server, the log prints them. */
  readonly links?: readonly string[];
}
