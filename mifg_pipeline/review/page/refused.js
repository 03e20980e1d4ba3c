// An answer that is not what was asked for, in words for people; the same from the server and offline.

export class Refused extends Error {
  /** @param {number} status 0 where nothing answered, else as in HTTP: 404 not yours, 409 stale or lost, 422 not valid */
  constructor(status, problem, remedy, body = {}) {
    super(problem);
    Object.assign(this, { status, problem, remedy, body });
  }

  get isLost() {
    return this.status === 409 && !this.body.current;
  }

  get isStale() {
    return this.status === 409 && Boolean(this.body.current);
  }
}
