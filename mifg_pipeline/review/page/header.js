// The top line: who reviews what, how far and how fast, and whether all is stored.

import { byId, counted, duration } from "./dom.js";

export class Header {
  constructor(backend, session) {
    this.backend = backend;
    byId("run").textContent = session.run;
    byId("annotator").textContent = session.annotator;
    document.title = `Review of ${session.run}`;
    byId("guideline").href = backend.guideline;
    byId("save").hidden = !backend.isOffline;
    this.showSaved();
  }

  showProgress({ decided, open, decided_today: today, median_seconds: seconds, pace }) {
    const total = decided + open;
    const bar = byId("progress");
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(decided));
    bar.firstElementChild.style.width = `${total ? (100 * decided) / total : 100}%`;
    const parts = [`${decided.toLocaleString("en")} of ${total.toLocaleString("en")}`];
    if (today) parts.push(`${today.toLocaleString("en")} today`);
    if (seconds !== null) parts.push(`${duration(seconds)} each`);
    if (pace) parts.push(`${Math.round(pace)} an hour`);
    byId("pace").textContent = parts.join(" · ");
    this.showSaved();
  }

  showState(text, isBad) {
    byId("state").textContent = text;
    byId("state").classList.toggle("bad", isBad);
  }

  /** How many decisions wait to be saved to a file. */
  showSaved() {
    if (!this.backend.isOffline) return;
    const { unsaved } = this.backend;
    byId("save").classList.toggle("due", unsaved > 0);
    byId("save").firstChild.textContent = unsaved ? `Save ${counted(unsaved, "decision")} ` : "Decisions saved ";
  }
}
