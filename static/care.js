// Small comforts. Every page does its whole work without this file.
"use strict";

(() => {
  const each = (root, selector, work) => {
    if (root.matches && root.matches(selector)) work(root);
    root.querySelectorAll(selector).forEach(work);
  };

  // A box in the table's head picks every row of the page.
  const boxes = (form) => [...document.querySelectorAll(`input[name="rows"][form="${form}"]`)];

  const countPicked = (form) => {
    const picked = boxes(form).filter((box) => box.checked).length;
    each(document, `[data-picked="${form}"]`, (text) => {
      text.textContent = `已选 ${picked} 条:`;
    });
    each(document, `[data-select-all="${form}"] input`, (all) => {
      all.checked = picked > 0 && picked === boxes(form).length;
      all.indeterminate = picked > 0 && !all.checked;
    });
  };

  const addSelectAll = (head) => {
    const form = head.dataset.selectAll;
    const all = document.createElement("input");
    all.type = "checkbox";
    all.className = "form-check-input";
    all.setAttribute("aria-label", "选择本页全部");
    all.addEventListener("change", () => {
      boxes(form).forEach((box) => { box.checked = all.checked; });
      countPicked(form);
    });
    head.replaceChildren(all);
    countPicked(form);
  };

  const prepare = (root) => {
    each(root, "[data-select-all]", addSelectAll);
    each(root, "[data-focus]", (element) => element.focus());
    each(root, "[data-print]", (button) => { button.hidden = false; });
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  document.addEventListener("change", (event) => {
    if (event.target.name === "rows") countPicked(event.target.getAttribute("form"));
  });

  // What cannot be undone asks first; a form is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (form.method !== "post") return;
    if (form.dataset.sent || (question && !window.confirm(question))) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // An answer that is a file leaves the page standing: soon the form may be sent again.
    window.setTimeout(() => { delete form.dataset.sent; }, 5000);
  });

  // Filters without htmx.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-autosubmit")) form.requestSubmit();
  });

  // An open menu closes on Escape and on a click beside it.
  const closeMenus = (except) => {
    document.querySelectorAll(".care-menu[open]").forEach((menu) => {
      if (menu !== except) menu.open = false;
    });
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest(".care-menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".care-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // htmx: addresses without empty filters; a session that ended or a failure shows its own page.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.hasAttribute("data-drop-empty")) return;
    const parameters = event.detail.formData;
    [...parameters.entries()].forEach(([name, value]) => {
      if (value === "") parameters.delete(name);
    });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = event.detail.xhr.responseURL;
    const asked = new URL(event.detail.pathInfo.finalRequestPath, window.location.href);
    if (answered && new URL(answered).pathname !== asked.pathname) {
      event.detail.shouldSwap = false;
      if (event.detail.requestConfig.verb === "get") window.location.assign(asked);
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig.verb === "get") window.location.assign(event.detail.pathInfo.finalRequestPath);
  });
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  if (!window.htmx) prepare(document);
})();
