package dev.nfkit.testkit.fault;

/**
 * A fault that was done.
 *
 * @param fault which; a bit that the seed chose is named
 * @param number the number of the event that it befell, among those of {@link Fault#event()}, from 1
 * @param portId the socket's address; 0 where none was opened
 */
public record InjectedFault(Fault fault, long number, long portId) {
    /**
     * A fault that was done.
     *
     * @param fault which; a bit that the seed chose is named
     * @param number the number of the event that it befell, among those of {@link Fault#event()}, from 1
     * @param portId the socket's address; 0 where none was opened
     */
    public InjectedFault {}

    /**
     * Which fault.
     *
     * @return the fault; a bit that the seed chose is named
     */
    @Override
    public Fault fault() {
        return fault;
    }

    /**
     * Which event it befell.
     *
     * @return its number among those of {@link Fault#event()}, from 1
     */
    @Override
    public long number() {
        return number;
    }

    /**
     * Where it was done.
     *
     * @return the socket's port id; 0 where none was opened
     */
    @Override
    public long portId() {
        return portId;
    }

    /**
     * Where and what.
     *
     * @return text for messages, such as {@code ACKNOWLEDGEMENT 1 of port 4711: MissingAcknowledgement[]}
     */
    @Override
    public String toString() {
        return fault.event() + " " + number + (portId == 0 ? "" : " of port " + portId) + ": " + fault;
    }
}
