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
 * @param takesEightBits false for mail servers, which need not take more than ASCII as it is (RFC 6152)
 */
export function withWholeLines<Way extends Pick<Transporter, 'use'>>(transport: Way, takesEightBits: boolean): Way {
  transport.use('stream', ({ data, message }, done) => {
    const encoding = typeof data.text === 'string' ? encodingOf(data.text) : undefined;
    if (encoding === '7bit' || (encoding && takesEightBits)) message.getTransferEncoding = () => encoding;
    done();
  });
  return transport;
}

/** How a text is sent as it is (RFC 2045 §6.2), if it may be. */
function encodingOf(text: string): '7bit' | '8bit' | undefined {
  if (text.split('\n').some((line) => Buffer.byteLength(line) > LONGEST_LINE)) return undefined;
  return /^[\0-\x7f]*$/.test(text) ? '7bit' : '8bit';
}
