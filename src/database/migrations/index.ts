import { Initial1763600000000 } from './1763600000000-initial.js';
import { Platform1763700000000 } from './1763700000000-platform.js';
import { CountedEvents1764500200000 } from './1764500200000-counted-events.js';
import { HelpDeskLists1764506100000 } from './1764506100000-help-desk-lists.js';
import { LinkEnds1764600500000 } from './1764600500000-link-ends.js';
import { Mails1764500100000 } from './1764500100000-mails.js';
import { EmailClaims1764600300000 } from './1764600300000-email-claims.js';
import { NameSearch1764506000000 } from './1764506000000-name-search.js';
import { SecurityEpochs1764500000000 } from './1764500000000-security-epochs.js';

/** Every migration, in order. */
export const MIGRATIONS = [
  Initial1763600000000,
  Platform1763700000000,
  SecurityEpochs1764500000000,
  Mails1764500100000,
  CountedEvents1764500200000,
  NameSearch1764506000000,
  HelpDeskLists1764506100000,
  EmailClaims1764600300000,
  LinkEnds1764600500000,
];
