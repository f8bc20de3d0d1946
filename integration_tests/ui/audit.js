// What a page lacks for who reads it by keyboard, screen reader, or weak eyes; nothing where it is well.
() => {
  const said = new Set();
  const whole = (colour) => colour.match(/[\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((one, at) => one * a + below[at] * (1 - a));
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => {
      const part = one / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(whole(getComputedStyle(one).backgroundColor));
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const contrast = (colour, below) => {
    const [a, b] = [light(over(whole(colour), below)), light(below)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const tell = (what, element) => said.add(`${what}: ${element.outerHTML.slice(0, 120)}`);

  for (const details of document.querySelectorAll("details")) details.open = true;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const { width, height } = element.getBoundingClientRect();
    if (!texts.currentNode.data.trim() || !width || !height) continue;
    if (element.closest("svg, .unseen, option")) continue;
    if (contrast(getComputedStyle(element).color, behind(element)) < 4.5) tell("faint", element);
  }
  for (const text of document.querySelectorAll("svg text")) {
    if (contrast(getComputedStyle(text).fill, behind(text.ownerSVGElement)) < 4.5) tell("faint", text);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select")) {
    if (!field.labels.length && !field.ariaLabel) tell("no label", field);
    const edge = getComputedStyle(field).borderTopColor;
    if (contrast(edge, behind(field.parentElement)) < 3) tell("faint edge", field);
    const hint = getComputedStyle(field, "::placeholder").color;
    if (field.placeholder && contrast(hint, behind(field)) < 4.5) tell("faint hint", field);
  }
  let above = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const level = Number(heading.tagName[1]);
    if (level > above + 1 || !heading.textContent.trim()) tell("heading", heading);
    above = level;
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) said.add(`id twice: ${id}`);
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    for (const one of document.querySelectorAll(`[${name}]`)) {
      if (!document.getElementById(one.getAttribute(name))) tell("names nothing", one);
    }
  }
  for (const one of document.querySelectorAll("nav, aside, section, svg, a, button, [role=region]")) {
    const named = one.ariaLabel || one.getAttribute("aria-labelledby") || one.ariaHidden;
    const has_words = one.matches("a, button") && one.textContent.trim();
    if (!named && !has_words) tell("no name", one);
  }
  for (const one of document.querySelectorAll("[aria-hidden=true] :is(a, button, input)")) {
    if (one.tabIndex >= 0) tell("reached, and hidden", one);
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("thead th[scope]")) tell("no headings", table);
  }
  if (document.documentElement.scrollWidth > innerWidth) said.add("wider than the window");
  return [...said];
}
