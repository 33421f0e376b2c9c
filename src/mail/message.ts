import { domainToASCII } from 'node:url';
import type { SendMailOptions, Transporter } from 'nodemailer';
import type { Mail } from './mail.js';

/** The longest line that a mail may have, without its end (RFC 5322 §2.1.1). */
const LONGEST_LINE = 998;

/** A mail as nodemailer takes it. The address is an object, so that nothing in it is read as a list of others. */
export function messageOf({ to, subject, text }: Mail, id: string, from: string, date: Date): SendMailOptions {
  const domain = domainToASCII(/@([^\s<>@]+)>?$/.exec(from)?.[1] ?? '') || 'localhost';
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    date,
    messageId: `<${id}@${domain}>`,
    // No vacation notice answers it (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * Has a transport send the lines of a text as they are. By itself nodemailer encodes a text with a line of more than 76
 * characters as quoted-printable, which breaks links in two for whoever reads the file.
 */
export function withWholeLines<Way extends Pick<Transporter, 'use'>>(transport: Way): Way {
  transport.use('stream', ({ data, message }, done) => {
    if (typeof data.text === 'string' && isSevenBit(data.text)) message.getTransferEncoding = () => '7bit';
    done();
  });
  return transport;
}

/** True for a text that may be sent as it is (RFC 2045 §6.2). */
function isSevenBit(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text) && text.split('\n').every((line) => line.length <= LONGEST_LINE);
}
