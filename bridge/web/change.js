import { $, element, refuse } from "./dom.js";

/** The versions of a generation's project, its quality, and the form that makes the next version. */
export class Change {
  constructor(client) {
    this.client = client;
    $("change-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.start(false);
    });
  }

  hide() {
    for (const id of ["versions", "conflicts", "proof", "change-form", "change-refusal"]) $(id).hidden = true;
    $("change").value = "";
  }

  /** Show what stands once a generation has ended. */
  async show(generation) {
    this.parent = generation;
    const completed = generation.status === "completed";
    $("change-form").hidden = !completed;
    const [versions, review] = await Promise.all([
      this.client.versions(generation.project_id),
      completed ? this.client.review(generation.generation_id).catch(() => null) : null,
    ]);
    if (this.parent !== generation) return;
    this.versions(versions.generations);
    this.conflicts(generation);
    if (review) this.proof(review);
  }

  versions(generations) {
    const links = generations.map((each) => {
      const link = element("a", { href: `#${each.generation_id}`, title: each.prompt }, String(each.version));
      if (each.generation_id === this.parent.generation_id) link.setAttribute("aria-current", "page");
      return link;
    });
    $("versions").replaceChildren("Versions", ...links.reverse());
    $("versions").hidden = links.length < 2;
  }

  conflicts({ generation_id: id, conflict_count: count }) {
    if (!count) return;
    const files = count === 1 ? "1 file" : `${count} files`;
    $("conflicts").textContent = `Your edits of ${files} could not be merged with the change. They stand; `
      + `GET /generations/${id}/conflicts has both sides of each.`;
    $("conflicts").hidden = false;
  }

  proof(review) {
    const count = (outcome) => review.gates.filter((gate) => gate.outcome === outcome).length;
    const told = [["passed", count("passed")], ["failed", count("failed")], ["skipped", count("skipped")]]
      .filter(([, many]) => many).map(([outcome, many]) => `${many} ${outcome}`).join(", ");
    $("score").textContent = `Quality ${review.score.toFixed(2)} of 1: ${told}`;
    $("gates").replaceChildren(...review.gates.map((gate) => {
      const line = element("li", {}, [gate.name, gate.reason].filter(Boolean).join(": "));
      line.prepend(element("b", { className: gate.outcome }, gate.outcome), " ");
      return line;
    }));
    $("proof").hidden = false;
  }

  async start(confirmed) {
    $("change-button").disabled = true;
    $("change-refusal").hidden = true;
    try {
      const started = await this.client.iterate({
        parent_generation_id: this.parent.generation_id,
        modification_prompt: $("change").value,
        confirm_destructive: confirmed,
      });
      location.hash = started.generation_id;
    } catch (error) {
      this.refused(error);
    } finally {
      $("change-button").disabled = false;
    }
  }

  refused(error) {
    const box = $("change-refusal");
    refuse(box, error);
    if (error.reason !== "DESTRUCTIVE_CHANGE") return;
    box.firstChild.replaceWith("This change would lose stored data:");
    const anyway = element("button", { type: "button", className: "quiet" }, "Lose it and go on");
    anyway.addEventListener("click", () => this.start(true));
    box.append(anyway);
  }
}
