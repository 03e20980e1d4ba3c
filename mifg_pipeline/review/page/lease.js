// Keeps an item for this annotator while it is open, and notices when it is lost.

import { Refused } from "./refused.js";

const SHARE = 1 / 3; // of the lease after which it is renewed: two renewals may fail before it ends

export class Lease {
  isLost = false;
  #id = null;
  #timer = null;

  /** @param {number | null} seconds how long a lease lasts; null where there is nobody to share with */
  constructor(backend, seconds, onLost) {
    Object.assign(this, { backend, seconds, onLost });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#id && !this.isLost) this.#renew();
    });
  }

  begin(id, expiresIn) {
    this.end();
    this.#id = id;
    this.#plan(expiresIn ?? this.seconds);
  }

  end() {
    clearTimeout(this.#timer);
    this.#id = null;
    this.isLost = false;
  }

  lose(problem) {
    clearTimeout(this.#timer);
    this.isLost = true;
    this.onLost(problem);
  }

  #plan(seconds) {
    clearTimeout(this.#timer);
    if (seconds !== null) this.#timer = setTimeout(() => this.#renew(), 1000 * Math.max(0.2, seconds * SHARE));
  }

  async #renew() {
    const id = this.#id;
    if (this.seconds === null || !id) return;
    try {
      const seconds = await this.backend.keep(id);
      if (id === this.#id) this.#plan(seconds);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (id !== this.#id) return;
      if (error.status === 409 || error.status === 404) this.lose(error.problem);
      else this.#plan(this.seconds);
    }
  }
}
