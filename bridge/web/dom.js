/** What the page's parts share: finding, making and refusing. */

export const $ = (id) => document.getElementById(id);

export function element(name, properties = {}, text = "") {
  const made = Object.assign(document.createElement(name), properties);
  if (text) made.textContent = text;
  return made;
}

/** Show in a box why something was refused: the message, and each field that it does not tell already. */
export function refuse(box, error) {
  const told = (error.errors || []).map((each) => `${each.field}: ${each.message}`);
  const list = element("ul");
  list.append(...told.filter((each) => !error.message.includes(each)).map((each) => element("li", {}, each)));
  box.replaceChildren(error.message, ...(list.children.length ? [list] : []));
  box.hidden = false;
}
