// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

/** Extensions of iptables ({@code nft_compat.c}). A rule that has them also has {@code NFTA_RULE_COMPAT}. */
public sealed interface Compat extends Instruction {
    /** {@code NFTA_MATCH_NAME}, {@code NFTA_TARGET_NAME}. */
    Attribute NAME = Attribute.text(1);
    /** {@code NFTA_MATCH_REV}, {@code NFTA_TARGET_REV}. */
    Attribute REV = Attribute.be32(2);
    /** {@code NFTA_MATCH_INFO}, {@code NFTA_TARGET_INFO}. */
    Attribute INFO = Attribute.bytes(3);

    /** The extension's name, such as {@code NFQUEUE}. */
    String extension();

    /** The revision of its structure, 0 to 255. */
    int revision();

    /** Its structure, in the host's byte order, with the padding of {@code XT_ALIGN}. */
    Opaque info();

    @Override
    default void write(AttributeSink to) {
        to.put(NAME, extension()).put(REV, revision()).put(INFO, info());
    }

    @Override
    default void print(TextLine line) {
        line.text("name " + extension()).number("rev", revision());
    }

    private static void check(String extension, int revision) {
        Checks.name("extension", extension);
        Checks.range("revision", revision, 0, 0xff);
    }

    /**
     * A match.
     *
     * @param extension its name, up to 28 bytes
     * @param revision the revision of its structure, 0 to 255
     * @param info its structure, in the host's byte order, with its padding
     */
    record Match(String extension, int revision, Opaque info) implements Compat {
        static final Format FORMAT =
                new Format("match", in -> new Match(in.text(NAME), in.small(REV), in.bytes(INFO)), NAME, REV, INFO);

        /** Checks the ranges. */
        public Match {
            check(extension, revision);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }
    }

    /**
     * A target.
     *
     * @param extension its name, up to 28 bytes
     * @param revision the revision of its structure, 0 to 255
     * @param info its structure, in the host's byte order, with its padding
     */
    record Target(String extension, int revision, Opaque info) implements Compat {
        static final Format FORMAT =
                new Format("target", in -> new Target(in.text(NAME), in.small(REV), in.bytes(INFO)), NAME, REV, INFO);

        /** Checks the ranges. */
        public Target {
            check(extension, revision);
        }

        @Override
        public String name() {
            return FORMAT.name();
        }
    }
}
