import type { SendMailOptions } from 'nodemailer';
import type { Mail } from './mail.js';

/** A mail as nodemailer takes it. The address is an object, so that nothing in it is read as a list of others. */
export function messageOf({ to, subject, text }: Mail, id: string, from: string, date: Date): SendMailOptions {
  const domain = /@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'localhost';
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
