// What the pages do beyond links and forms. All of it works without.
"use strict";

// the same item, joined across the columns
const hits = [...document.querySelectorAll(".hit")];
function join(item) {
  for (const hit of hits) hit.classList.toggle("joined", item !== null && hit.dataset.item === item);
}
for (const hit of hits) {
  hit.addEventListener("mouseenter", () => join(hit.dataset.item));
  hit.addEventListener("mouseleave", () => join(null));
  hit.addEventListener("focusin", () => join(hit.dataset.item));
  hit.addEventListener("focusout", () => join(null));
}

// whoever comes may write at once; whoever was quicker keeps what has the focus, which a browser's
// own autofocus complains of
const first = document.querySelector("[data-first]");
if (first && document.activeElement === document.body) first.focus();

// from hit to hit by arrows; / goes to the question
function near(hit, key) {
  if (key === "ArrowDown") return hit.nextElementSibling;
  if (key === "ArrowUp") return hit.previousElementSibling;
  const lists = [...document.querySelectorAll(".hits")];
  const at = lists.indexOf(hit.parentElement) + (key === "ArrowRight" ? 1 : -1);
  if (!lists[at]) return null;
  const place = [...hit.parentElement.children].indexOf(hit);
  return lists[at].children[Math.min(place, lists[at].children.length - 1)];
}
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const at = document.activeElement;
  const writes = at && at.matches("input, select, textarea");
  const question = document.getElementById("q");
  if (event.key === "/" && !writes && question) {
    event.preventDefault();
    question.focus();
    question.select();
  } else if (event.key === "ArrowDown" && at === question && hits.length) {
    event.preventDefault();
    hits[0].querySelector("a").focus();
  } else if (/^Arrow(Up|Down|Left|Right)$/.test(event.key) && at && at.closest(".hit")) {
    const next = near(at.closest(".hit"), event.key);
    if (next) {
      event.preventDefault();
      next.querySelector("a").focus();
    }
  }
});

// what a link leads to is open
function unfold() {
  // the parts' names are plain, so nothing is to be decoded, nor fails at what cannot be
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches("details")) target.open = true;
}
window.addEventListener("hashchange", unfold);
unfold();

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

// a form without what was left empty has a shorter address
for (const form of document.querySelectorAll("form.ask")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}
