(function () {
  var body = document.body;
  var menu = document.querySelector("button.menu");
  var navigation = document.getElementById("navigation");

  document.querySelector("button.theme").addEventListener("click", window.nfkitToggleTheme);

  function showMenu(shown) {
    body.classList.toggle("open", shown);
    menu.setAttribute("aria-expanded", String(shown));
  }
  menu.addEventListener("click", function () { showMenu(!body.classList.contains("open")); });
  document.querySelector(".frame").addEventListener("click", function (event) {
    if (!navigation.contains(event.target)) showMenu(false);
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") showMenu(false); });

  var current = navigation.querySelector("[aria-current]");
  if (current && current.offsetTop > navigation.clientHeight / 2) {
    navigation.scrollTop = current.offsetTop - navigation.clientHeight / 3;
  }

  document.querySelectorAll("pre > code").forEach(function (code) {
    if (/language-(?!plaintext)/.test(code.className) && window.hljs) window.hljs.highlightElement(code);
    if (!navigator.clipboard) return;
    var copy = document.createElement("button");
    copy.type = "button";
    copy.className = "copy";
    copy.textContent = "Copy";
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(code.textContent).then(function () {
        copy.textContent = "Copied";
        setTimeout(function () { copy.textContent = "Copy"; }, 1500);
      });
    });
    code.parentElement.appendChild(copy);
  });

  // The heading that is read, in the outline.
  var links = {};
  document.querySelectorAll(".outline a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  var shown = null;
  var observer = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      var link = links[encodeURI(entry.target.id)] || links[entry.target.id];
      if (!entry.isIntersecting || !link) return;
      if (shown) shown.classList.remove("current");
      link.classList.add("current");
      shown = link;
    });
  }, { rootMargin: "-64px 0px -70% 0px" });
  document.querySelectorAll("article [id]").forEach(function (part) {
    if (links[encodeURI(part.id)] || links[part.id]) observer.observe(part);
  });
})();
