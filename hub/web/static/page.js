// Enhancement only: every page works without this file.
"use strict";

// Hand in a paper: the raw file goes to the API, so that its sending can be followed.
function followDeposit(form) {
  const file = form.elements.file;
  const kind = form.elements.kind;
  const button = form.querySelector("button[type=submit]");
  const progress = form.querySelector("[data-progress]");
  const bar = progress.querySelector("progress");
  const status = progress.querySelector("[data-status]");
  const trouble = document.getElementById("envoi-erreur");
  const types = { pdf: "application/pdf", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", heic: "image/heic", heif: "image/heif" };
  let key = form.elements.key.value;

  // Another file is another deposit; the same file sent again after a broken connection is not.
  function freshKey() {
    const random = crypto.getRandomValues(new Uint8Array(16));
    key = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  file.addEventListener("change", freshKey);
  kind.addEventListener("change", freshKey);

  function tell(sentence, number) {
    trouble.querySelector("[data-sentence]").textContent = sentence;
    const line = trouble.querySelector("[data-number]");
    line.hidden = !number;
    line.querySelector(".number").textContent = number || "";
    trouble.hidden = false;
    trouble.focus();
    progress.hidden = true;
    button.disabled = false;
  }

  function finish(answer) {
    let said = {};
    try {
      said = JSON.parse(answer.responseText);
    } catch {
      said = {};
    }
    if ((answer.status === 200 || answer.status === 201) && said.receipt) {
      location.assign("/recus/" + encodeURIComponent(said.receipt));
      return;
    }
    tell(said.fr || "L'envoi n'a pas abouti. Réessayez dans quelques minutes.", said.correlation_id);
  }

  function show(event) {
    if (!event.lengthComputable) return;
    const share = Math.round((event.loaded / event.total) * 100);
    bar.value = share;
    // Said at the quarters only, so that a screen reader is not flooded.
    if (share === 100) status.textContent = "Fichier envoyé. Nous l'enregistrons.";
    else if (share % 25 === 0) status.textContent = share + " %";
  }

  form.addEventListener("submit", (event) => {
    const chosen = file.files[0];
    event.preventDefault();
    trouble.hidden = true;
    if (!chosen) {
      tell("Choisissez un fichier ou prenez une photo.");
      return;
    }
    const ending = chosen.name.split(".").pop().toLowerCase();
    // fetch cannot tell how much was sent; this can.
    const sending = new XMLHttpRequest();
    sending.open("POST", "/v1/documents");
    sending.setRequestHeader("Content-Type", chosen.type || types[ending] || "application/octet-stream");
    sending.setRequestHeader("Idempotency-Key", key);
    sending.setRequestHeader("Document-Kind", kind.value);
    const name = encodeURIComponent(chosen.name).replace(/['()*!]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
    sending.setRequestHeader("Content-Disposition", "attachment; filename*=UTF-8''" + name);
    sending.upload.addEventListener("progress", show);
    sending.addEventListener("load", () => finish(sending));
    for (const end of ["error", "abort", "timeout"]) {
      sending.addEventListener(end, () => tell("La connexion a été coupée. Envoyez à nouveau le document : il ne sera gardé qu'une fois."));
    }
    bar.value = 0;
    status.textContent = "";
    progress.hidden = false;
    button.disabled = true;
    sending.send(chosen);
  });
}

// A paper that is being read: look again until it is, then say so in the same place.
function followReading(section, left) {
  if (left === 0) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(section.id);
      if (fresh && !fresh.hasAttribute("data-follow")) {
        section.replaceChildren(...fresh.childNodes);
        section.removeAttribute("data-follow");
        return;
      }
    } catch {
      // The connection is away for a moment: look again.
    }
    followReading(section, left - 1);
  }, 1000);
}

const deposit = document.querySelector("form[data-deposit]");
if (deposit) followDeposit(deposit);
const reading = document.querySelector("[data-follow]");
if (reading) followReading(reading, 60);
const errors = document.getElementById("erreurs");
if (errors) errors.focus();
