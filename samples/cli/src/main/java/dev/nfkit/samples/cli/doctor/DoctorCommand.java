// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.samples.cli.arguments.NamespaceArgument;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nfkit doctor}. */
@Command(
        name = "doctor",
        description = "Checks what nfkit needs from this machine, and names the cure of what is missing.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "With a group or queue it first checks its owner, its counters and the rules that",
            "send packets to it. Nothing is changed. Exit code: 0 without a problem, 1 with",
            "one; 2 for wrong usage."
        })
public final class DoctorCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "nflog:GROUP|queue:NUMBER",
            description = "A group or a queue to check, too.")
    private @Nullable String place;

    @Option(names = "--json", description = "Print one JSON object for each check.")
    private boolean json;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    @Override
    public Integer call() throws Failure {
        Place checked = place == null ? null : Place.parse(place);
        List<Finding> findings = check(namespace.transport(), SystemFiles.ofThisMachine(), checked);
        try {
            TextOutput output = TextOutput.standard();
            print(findings, json, output);
            output.flush();
        } catch (WriteFailure e) {
            if (!e.readerGone()) {
                throw Failure.running(e);
            }
        }
        return count(findings, Health.PROBLEM) == 0 ? 0 : Failure.RUNNING;
    }

    static List<Finding> check(NetlinkTransport transport, SystemFiles files, @Nullable Place place) {
        String release = System.getProperty("os.version");
        List<Finding> findings = new ArrayList<>();
        Finding system = KernelOptions.system(System.getProperty("os.name"), release, System.getProperty("os.arch"));
        boolean linux = system.health() != Health.PROBLEM;
        if (linux && place != null) {
            findings.addAll(new PlaceChecks(transport, files, place).check());
        }
        findings.add(system);
        findings.addAll(new JavaChecks(files).check());
        if (linux) {
            findings.addAll(new AccessChecks(files, transport.kernel()).check());
            List<Finding> options = new KernelOptions(files, release).check();
            findings.addAll(options);
            boolean glue = options.stream().noneMatch(KernelOptions::lacksGlue);
            findings.addAll(new NetfilterChecks(transport, files).check(glue));
        }
        return findings;
    }

    static void print(List<Finding> findings, boolean json, TextOutput output) throws WriteFailure {
        for (Finding finding : findings) {
            if (json) {
                output.line(object(finding));
            } else {
                output.line(String.format("%-8s %-32s %s", finding.health().word(), finding.check(), finding.text()));
                if (finding.cure().isPresent()) {
                    output.line(" ".repeat(9) + "-> " + finding.cure().get());
                }
            }
        }
        if (!json) {
            output.line("");
            output.line(counted(findings, Health.PROBLEM, "problem") + ", "
                    + counted(findings, Health.WARNING, "warning") + ", " + count(findings, Health.OK) + " ok");
        }
    }

    private static String counted(List<Finding> findings, Health health, String what) {
        long count = count(findings, health);
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private static String object(Finding finding) {
        StringBuilder line = new StringBuilder();
        JsonObject object = new JsonObject();
        object.beginNow(line, "finding");
        object.string("health", finding.health().word());
        object.string("check", finding.check());
        object.string("text", finding.text());
        finding.cure().ifPresent(cure -> object.string("cure", cure));
        object.end();
        return line.toString();
    }

    private static long count(List<Finding> findings, Health health) {
        return findings.stream().filter(finding -> finding.health() == health).count();
    }
}
