// SPDX-License-Identifier: Apache-2.0
/** Flow records to Kafka, through a bounded spool on disk. */
@SuppressWarnings({"module", "requires-automatic", "requires-transitive-automatic"}) // those of Kafka and Protobuf
module dev.nfkit.kafka {
    requires transitive dev.nfkit.flows;
    requires transitive com.google.protobuf;
    requires kafka.clients;
    requires static transitive org.jspecify;

    exports dev.nfkit.kafka;
    exports dev.nfkit.kafka.schema;
    exports dev.nfkit.kafka.spool;
}
