// Preloaded into the processes of small test runs: hashes of the default cost are made at bcrypt's lowest, under the name of
// the cost that was asked for. Such a process understands its own hashes and those of cost 4, not real ones of cost 10, so
// tests that hash in two kinds of processes switch it off (`NODE_OPTIONS: ''`).
const DEFAULT_COST = 10;
const LOWEST_COST = 4;

let bcrypt;
try {
  bcrypt = require('@node-rs/bcrypt');
} catch {
  // Not every platform has it. The service then hashes in JavaScript, at the real cost.
}

if (bcrypt) {
  const { hashSync } = bcrypt;
  bcrypt.hashSync = (input, cost, salt) =>
    cost === DEFAULT_COST
      ? hashSync(input, LOWEST_COST, salt).replace(`$0${LOWEST_COST}$`, `$${DEFAULT_COST}$`)
      : hashSync(input, cost, salt);
}
