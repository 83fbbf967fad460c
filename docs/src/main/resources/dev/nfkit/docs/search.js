(function () {
  var root = document.documentElement.dataset.root;
  var input = document.getElementById("search");
  var results = document.getElementById("results");
  var index = null;
  var loading = false;
  var chosen = -1;

  function script(name, then) {
    var element = document.createElement("script");
    element.src = root + "assets/" + name;
    element.onload = then;
    document.head.appendChild(element);
  }

  /** The parts of a name in camel case or with dots, as separate words. */
  function words(name) {
    return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[._]/g, " ");
  }

  function load() {
    if (loading) return;
    loading = true;
    script("lunr.min.js", function () { script("search-index.js", build); });
  }

  /** Adds the entries in slices, between which the page reacts. */
  function build() {
    var lunr = window.lunr;
    var builder = new lunr.Builder();
    builder.pipeline.add(lunr.trimmer, lunr.stopWordFilter, lunr.stemmer);
    builder.searchPipeline.add(lunr.stemmer);
    builder.ref("id");
    builder.field("name", { boost: 10 });
    builder.field("words", { boost: 3 });
    builder.field("text");
    var id = 0;
    (function slice() {
      for (var end = Math.min(id + 500, window.nfkitIndex.length); id < end; id++) add(builder, id);
      if (id < window.nfkitIndex.length) {
        setTimeout(slice);
      } else {
        index = builder.build();
        show();
      }
    })();
  }

  function add(builder, id) {
    var boosts = { guide: 2, home: 1.5, java: 1, kotlin: 1 };
    var entry = window.nfkitIndex[id];
    var member = entry[0].indexOf(".") > 0 && entry[2] !== "guide";
    var minor = entry[1].startsWith("project/") || entry[1].startsWith("source/");
    builder.add(
      { id: id, name: entry[0].split(".").pop(), words: words(entry[0]), text: entry[4] },
      { boost: boosts[entry[2]] * (minor ? 0.3 : member ? 1 : 2) });
  }

  function find(text) {
    var terms = text.toLowerCase().split(/[\s.()]+/).filter(Boolean);
    var lunr = window.lunr;
    return index.query(function (query) {
      terms.forEach(function (term) {
        query.term(term, { boost: 10 });
        query.term(term, { boost: 3, usePipeline: false, wildcard: lunr.Query.wildcard.TRAILING });
        if (term.length > 4) query.term(term, { editDistance: 1, usePipeline: false });
      });
    }).slice(0, 12);
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function excerpt(text, term) {
    var place = Math.max(0, text.toLowerCase().indexOf(term.toLowerCase()) - 40);
    return (place > 0 ? "…" : "") + text.slice(place, place + 120) + (text.length > place + 120 ? "…" : "");
  }

  function show() {
    var text = input.value.trim();
    chosen = -1;
    results.replaceChildren();
    results.hidden = !text;
    if (!text || !index) return;
    var found = find(text);
    if (found.length === 0) results.appendChild(element("p", "none", "Nothing found."));
    found.forEach(function (hit) {
      var entry = window.nfkitIndex[hit.ref];
      var link = element("a", entry[2], "");
      link.href = root + entry[1];
      link.setAttribute("role", "option");
      link.appendChild(element("strong", "", entry[0]));
      link.appendChild(element("small", "", entry[2] === "guide" && entry[3] === entry[0] ? "Guide" : entry[3]));
      link.appendChild(element("span", "", excerpt(entry[4], text)));
      results.appendChild(link);
    });
  }

  function choose(step) {
    var links = results.querySelectorAll("a");
    if (links.length === 0) return;
    if (chosen >= 0) links[chosen].removeAttribute("aria-selected");
    chosen = (chosen + step + links.length) % links.length;
    links[chosen].setAttribute("aria-selected", "true");
    links[chosen].scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("focus", load);
  input.addEventListener("input", function () { load(); show(); });
  input.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1);
      event.preventDefault();
    } else if (event.key === "Enter") {
      var links = results.querySelectorAll("a");
      if (links.length > 0) links[Math.max(chosen, 0)].click();
    } else if (event.key === "Escape") {
      input.value = "";
      show();
      input.blur();
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      input.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest(".search")) results.hidden = true;
  });
})();
