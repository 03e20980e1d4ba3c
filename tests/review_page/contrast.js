// Texts whose contrast with their ground is below what WCAG 2.2 AA asks for: 4.5.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const painted = (colours) => {
    canvas.fillStyle = "white";
    canvas.fillRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colours) => {
    const linear = painted(colours).map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const grounds = (one) => one ? [...grounds(one.parentElement), getComputedStyle(one).backgroundColor] : [];
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && hasText(one) && !one.closest(".unseen, .box, :disabled"))
    .map((one) => {
      const under = grounds(one);
      const [text, ground] = [light([...under, getComputedStyle(one).color]), light(under)];
      return [(Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05), one.textContent];
    })
    .filter(([contrast]) => contrast < 4.5);
}
