// Loaded before a service whose machine's clock is wrong: everything that tells the time there is off by so much.
const skewMs = Number(process.env.CLOCK_SKEW_MS);
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [RealDate.now() + skewMs] : given));
  }

  static now() {
    return RealDate.now() + skewMs;
  }
};
