// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.util.List;
import org.jsoup.nodes.Element;

/**
 * One page of the site.
 *
 * @param path the place below the site's root, with forward slashes
 * @param title the title, without the site's name
 * @param kind what shows the page
 * @param crumbs the way to it
 * @param content the part of the page that is its own
 * @param outline the headings
 */
record Page(String path, String title, Kind kind, List<Target> crumbs, Element content, List<Heading> outline) {
    /** What a page is about, which decides how it is shown and found. */
    enum Kind {
        HOME,
        GUIDE,
        API,
        JAVA,
        KOTLIN,
        SOURCE
    }

    /** A link: its text, and a path below the site's root, which may be empty. */
    record Target(String text, String path) {}

    /** A heading: its level from 2, text and anchor. */
    record Heading(int level, String text, String anchor) {}

    /** The link from this page to a path below the site's root. */
    String linkTo(String target) {
        return relative(path, target);
    }

    /** The link from one path below the site's root to another. */
    static String relative(String from, String to) {
        return "../".repeat((int) from.chars().filter(c -> c == '/').count()) + to;
    }
}
