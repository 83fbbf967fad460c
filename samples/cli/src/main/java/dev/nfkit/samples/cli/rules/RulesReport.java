// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.RefusedChange;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.RulesetObject;
import dev.nfkit.nftables.statement.RuleSyntaxException;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.FailureReport;
import java.util.List;

/** What a check of a ruleset has found, as a JSON object. */
final class RulesReport {
    private final StringBuilder text = new StringBuilder();
    private final JsonObject json = new JsonObject();

    private RulesReport(RulesetFile file, boolean ok, String by) {
        json.beginNow(text, "ruleset_check");
        json.string("file", file.toString());
        json.bool("ok", ok);
        json.string("checked_by", by);
    }

    /** A correct ruleset. */
    static String correct(RulesetFile file, Ruleset ruleset, String by, List<RulesetObject> partly) {
        RulesReport report = new RulesReport(file, true, by);
        report.json.number("tables", ruleset.tables().size());
        report.json.number(
                "rules",
                ruleset.tables().stream()
                        .mapToLong(table -> table.rules().size())
                        .sum());
        report.json.beginArray("partly_checked");
        for (RulesetObject object : partly) {
            report.json.beginItem();
            report.json.string("object", object.toString());
            report.json.end();
        }
        report.json.endArray();
        return report.end();
    }

    /** A ruleset that cannot be read. */
    static String wrong(RulesetFile file, RuleSyntaxException error) {
        RulesReport report = new RulesReport(file, false, "nfkit");
        JsonObject json = report.json;
        json.beginArray("errors");
        json.beginItem();
        json.number("line", error.line());
        json.number("column", error.column());
        json.string("message", error.expected() + ", found " + error.found());
        FailureReport.code(json, error.code());
        json.end();
        json.endArray();
        return report.end();
    }

    /** A ruleset that the kernel refuses. */
    static String refused(RulesetFile file, BatchRefusedException refusal) {
        RulesReport report = new RulesReport(file, false, "kernel");
        report.json.bool("complete", refusal.complete());
        report.json.beginArray("errors");
        refusal.refused().forEach(report::refused);
        report.json.endArray();
        return report.end();
    }

    private void refused(RefusedChange refused) {
        json.beginItem();
        refused.textPlace().ifPresent(place -> {
            json.number("line", place.line());
            json.number("column", place.column());
            json.string("text", place.text());
        });
        json.string("message", refused.toString());
        json.string("change", refused.change());
        json.string("errno", refused.errno().name());
        refused.refusedAttribute().ifPresent(attribute -> json.string("attribute", attribute));
        refused.cure().ifPresent(cure -> json.string("cure", cure));
        FailureReport.code(json, refused.refusal().code());
        json.end();
    }

    private String end() {
        json.end();
        return text.toString();
    }

    /** Prints an object on standard output. */
    static void print(String object) throws Failure {
        try {
            TextOutput output = TextOutput.standard();
            output.line(object);
            output.flush();
        } catch (WriteFailure e) {
            if (!e.readerGone()) {
                throw Failure.running(e);
            }
        }
    }
}
