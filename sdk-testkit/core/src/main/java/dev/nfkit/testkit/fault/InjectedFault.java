// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

/**
 * A fault that was injected.
 *
 * @param fault the fault; a bit that the seed chose is named
 * @param number the number of the event, among those of {@link Fault#event()}, from 1
 * @param portId the socket's port id; 0 if none was opened
 */
public record InjectedFault(Fault fault, long number, long portId) {
    /**
     * Creates the record of an injected fault.
     *
     * @param fault the fault; a bit that the seed chose is named
     * @param number the number of the event, among those of {@link Fault#event()}, from 1
     * @param portId the socket's port id; 0 if none was opened
     */
    public InjectedFault {}

    /**
     * Returns the fault.
     *
     * @return the fault; a bit that the seed chose is named
     */
    @Override
    public Fault fault() {
        return fault;
    }

    /**
     * Returns the number of the event.
     *
     * @return its number among those of {@link Fault#event()}, from 1
     */
    @Override
    public long number() {
        return number;
    }

    /**
     * Returns the port id of the socket.
     *
     * @return the socket's port id; 0 if none was opened
     */
    @Override
    public long portId() {
        return portId;
    }

    /**
     * Describes the event and the fault.
     *
     * @return text for messages, such as {@code ACKNOWLEDGEMENT 1 of port 4711: MissingAcknowledgement[]}
     */
    @Override
    public String toString() {
        return fault.event() + " " + number + (portId == 0 ? "" : " of port " + portId) + ": " + fault;
    }
}
