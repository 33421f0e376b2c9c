const ACCOUNT_ID = /^[1-9]\d{0,9}$/;

/** The greatest id that both engines store. */
const GREATEST_ID = 2 ** 31 - 1;

/** The account id that a text is, in the one spelling that is ours; `undefined` for any other text. */
export function readAccountId(text: string): number | undefined {
  return ACCOUNT_ID.test(text) && Number(text) <= GREATEST_ID ? Number(text) : undefined;
}
