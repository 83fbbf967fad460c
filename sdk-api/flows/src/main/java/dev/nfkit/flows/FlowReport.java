// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

/** What a {@link FlowMeter} reports: a flow, or a loss in its place. Immutable. */
public sealed interface FlowReport permits FlowRecord, FlowLoss {
    /**
     * The host whose connection table it is from.
     *
     * @return its name, as {@link FlowMeterOptions.Builder#host} set it
     */
    String host();
}
