// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.PrintableText;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.UnknownReason;

/** Writes the process of a connection, or why it is unknown, as text and as JSON. */
public final class ProcessOutput {
    private static final int MICROS = 1000;

    private ProcessOutput() {}

    /** Appends {@code process=curl pid=812 uid=1000 unit=web.service} or {@code process=[forwarded]}, and a space. */
    public static void append(Attribution attribution, StringBuilder line) {
        line.append("process=");
        ProcessInfo process = attribution.known().orElse(null);
        if (process == null) {
            reason(attribution, line);
        } else {
            PrintableText.append(line, process.name());
            line.append(" pid=").append(process.pid());
        }
        attribution.uid().ifPresent(uid -> line.append(" uid=").append(uid));
        if (process != null) {
            process.systemdUnit().ifPresent(unit -> PrintableText.append(line.append(" unit="), unit));
            process.containerId().ifPresent(id -> line.append(" container=").append(id));
        }
        line.append(' ');
    }

    /** Returns {@code curl/812} or {@code [forwarded]}. */
    public static String brief(Attribution attribution) {
        StringBuilder text = new StringBuilder();
        ProcessInfo process = attribution.known().orElse(null);
        if (process == null) {
            reason(attribution, text);
        } else {
            PrintableText.append(text, process.name());
            text.append('/').append(process.pid());
        }
        return text.toString();
    }

    private static void reason(Attribution attribution, StringBuilder text) {
        text.append('[').append(code(attribution)).append(']');
    }

    private static String code(Attribution attribution) {
        UnknownReason reason =
                attribution instanceof Attribution.Unknown unknown ? unknown.reason() : UnknownReason.NOT_ASKED;
        return reason.code();
    }

    /** Adds the member {@code process}. */
    public static void member(Attribution attribution, JsonObject json) {
        json.beginNested("process");
        ProcessInfo process = attribution.known().orElse(null);
        if (process == null) {
            json.string("unknown", code(attribution));
        } else {
            json.number("pid", process.pid());
            json.string("name", process.name());
            json.seconds("started_after_boot", process.startedAfterBoot().toMillis() * MICROS);
            process.executable().ifPresent(path -> json.string("executable", path));
            json.beginArray("command_line");
            process.commandLine().forEach(json::item);
            json.endArray();
        }
        attribution.uid().ifPresent(uid -> json.number("uid", uid));
        if (process != null) {
            process.cgroup().ifPresent(path -> json.string("cgroup", path));
            process.systemdUnit().ifPresent(unit -> json.string("unit", unit));
            process.containerId().ifPresent(id -> json.string("container", id));
        }
        json.end();
    }
}
