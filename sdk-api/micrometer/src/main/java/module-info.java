// SPDX-License-Identifier: Apache-2.0
/** The statistics of nfkit's sessions as meters of Micrometer. */
@SuppressWarnings({"module", "requires-automatic", "requires-transitive-automatic"}) // those of Micrometer
module dev.nfkit.micrometer {
    requires transitive dev.nfkit;
    requires transitive micrometer.core;
    requires static transitive org.jspecify;

    exports dev.nfkit.micrometer;
}
