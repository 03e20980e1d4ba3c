// Small pieces that the other parts build on. All text goes through textContent: nothing of a run is read as markup.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function signed(value) {
  const digits = Math.abs(value).toFixed(2);
  return (value > 0 ? "+" : value < 0 ? "−" : "±") + digits;
}

function plain(value) {
  return value.toFixed(2).replace("-", "−");
}

const thousands = new Intl.NumberFormat("en").format;

function counted(number, noun, plural = noun + "s") {
  return `${thousands(number)} ${number === 1 ? noun : plural}`;
}

function picture(image, name) {
  if (image.fault) return element("div", { class: "missing" }, image.fault);
  const small = Math.max(image.width, image.height) < 200;
  return element("img", { src: image.src, alt: name, class: small && "small" });
}

function verdict(accuracy) {
  return accuracy === 1 ? "right" : accuracy > 0 ? "partly right" : "wrong";
}
