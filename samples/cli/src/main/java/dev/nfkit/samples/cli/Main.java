package dev.nfkit.samples.cli;

import dev.nfkit.linux.LinuxPlaceholder;
import dev.nfkit.testkit.TestkitPlaceholder;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Stands in until the real command line arrives. */
@Command(name = "nfkit", mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
    private Main() {}

    /**
     * Runs the command line and exits with its code.
     *
     * @param args the arguments
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        return new CommandLine(new Main()).execute(args);
    }

    @Override
    public Integer call() {
        System.out.println(LinuxPlaceholder.name() + " " + TestkitPlaceholder.name());
        return 0;
    }
}
