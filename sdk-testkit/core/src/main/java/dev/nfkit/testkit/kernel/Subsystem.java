package dev.nfkit.testkit.kernel;

import dev.nfkit.testkit.message.ParsedMessage;
import java.util.List;

/** The model of one subsystem of nfnetlink. All of it requires the clock's lock. */
public interface Subsystem {
    /** Whether a message is for this subsystem. */
    boolean takes(ParsedMessage request);

    /**
     * Executes a message.
     *
     * @return whether it may be acknowledged; a dump is not
     * @throws Refused if the kernel refuses it
     */
    boolean request(KernelSocket socket, ParsedMessage request) throws Refused;

    /** Releases what a closed socket owned. */
    void closed(KernelSocket socket);

    /** Describes the state, for messages of failures; empty if there is none. */
    List<String> state();

    /** Describes what a test should not leave at its end. */
    List<String> left();
}
