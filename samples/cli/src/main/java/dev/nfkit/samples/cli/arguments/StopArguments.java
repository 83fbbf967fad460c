// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The conditions of an automatic stop. */
public final class StopArguments {
    @Option(names = "-c", paramLabel = "N", description = "Stop after N packets.")
    private @Nullable Long count;

    @Option(
            names = {"-a", "--autostop"},
            paramLabel = "CONDITION",
            description = "Stop after duration:SECONDS or packets:N; with files also after filesize:KB or files:N.")
    private List<String> stops = List.of();

    public Criteria criteria() throws Failure {
        Criteria stop = Criteria.parse("-a", stops);
        if (count == null) {
            return stop;
        }
        if (count < 1) {
            throw Failure.usage("-c " + count + ": expected a number from 1");
        }
        return stop.withPackets(stop.packets() == 0 ? count : Math.min(count, stop.packets()));
    }
}
