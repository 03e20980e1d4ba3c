// Measures the time that a person spends on an item: not while the page is hidden, and a pause counts a minute at most.

const LONGEST_PAUSE = 60;

export class Stopwatch {
  #seconds = 0;
  #last = performance.now();

  constructor() {
    for (const name of ["keydown", "pointermove", "pointerdown", "wheel"]) {
      document.addEventListener(name, () => this.#count(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#count();
      else this.#last = performance.now();
    });
  }

  /** Begins anew, or goes on from a draft. */
  start(seconds = 0) {
    this.#seconds = seconds;
    this.#last = performance.now();
  }

  /** Seconds so far, to a tenth. */
  read() {
    if (!document.hidden) this.#count();
    return Math.round(10 * this.#seconds) / 10;
  }

  #count() {
    const now = performance.now();
    this.#seconds += Math.min(LONGEST_PAUSE, (now - this.#last) / 1000);
    this.#last = now;
  }
}
