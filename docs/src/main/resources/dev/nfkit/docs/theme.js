// Before the first paint, so that no page flashes in the other theme. Storage may be refused to files.
(function () {
  var root = document.documentElement;
  try {
    var kept = localStorage.getItem("nfkit-theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch (refused) { /* the system's theme */ }
  window.nfkitToggleTheme = function () {
    var dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("nfkit-theme", root.dataset.theme); } catch (refused) { /* until the next page */ }
  };
})();
