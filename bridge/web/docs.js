const element = (name, className, text = "") =>
  Object.assign(document.createElement(name), { className, textContent: text });

function resolve(document, schema, depth = 0) {
  if (!schema || typeof schema !== "object" || depth > 6) return schema;
  if (schema.$ref) return resolve(document, document.components.schemas[schema.$ref.split("/").pop()], depth + 1);
  if (Array.isArray(schema)) return schema.map((each) => resolve(document, each, depth + 1));
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, resolve(document, value, depth + 1)]),
  );
}

function operation(document, path, method, about) {
  const details = element("details", "operation");
  const summary = element("summary", "");
  summary.append(element("span", "method", method.toUpperCase()), element("code", "", path), element("span", "hint", about.description || ""));
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.querySelector("pre")) return;
    const { parameters, requestBody, responses } = resolve(document, about);
    for (const [title, value] of Object.entries({ parameters, requestBody, responses })) {
      if (!value) continue;
      details.append(element("h2", "", title), element("pre", "", JSON.stringify(value, null, 2)));
    }
  });
  return details;
}

const api = await (await fetch("/openapi.json")).json();
window.document.getElementById("about").textContent = api.info.description;
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, about] of Object.entries(methods)) {
    window.document.getElementById("operations").append(operation(api, path, method, about));
  }
}
