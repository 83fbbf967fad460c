package dev.nfkit.samples.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** When to end without being told. */
final class StopArguments {
    @Option(names = "-c", paramLabel = "N", description = "Stop after N packets.")
    private @Nullable Long count;

    @Option(
            names = {"-a", "--autostop"},
            paramLabel = "CONDITION",
            description =
                    "Stop at duration:SECONDS or packets:N; where files are written also at filesize:KB or files:N.")
    private List<String> stops = List.of();

    Criteria criteria() throws Failure {
        Criteria stop = Criteria.parse("-a", stops);
        if (count == null) {
            return stop;
        }
        if (count < 1) {
            throw Failure.usage("-c " + count + ": a number from 1 is wanted");
        }
        return stop.withPackets(stop.packets() == 0 ? count : Math.min(count, stop.packets()));
    }
}
