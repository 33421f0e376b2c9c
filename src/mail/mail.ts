/** A mail to one address, plain text only. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The link in it, if it has one: without a mail server, the log prints it. */
  readonly link?: string;
}
