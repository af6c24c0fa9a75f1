// A quote's page tells once that a person is on it: a scanner of e-mails opens links too, but neither points nor types.
const signs = ["pointermove", "pointerdown", "touchstart", "wheel", "keydown"];
const seen = document.getElementById("seen");

function tell(event) {
  if (!event.isTrusted) return;
  signs.forEach((sign) => window.removeEventListener(sign, tell));
  fetch(seen.action, { method: "POST", body: new FormData(seen), keepalive: true }).catch(() => {});
}

if (seen) signs.forEach((sign) => window.addEventListener(sign, tell, { passive: true }));
