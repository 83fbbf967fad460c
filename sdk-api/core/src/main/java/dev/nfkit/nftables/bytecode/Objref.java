// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/** Evaluates a stateful object, or assigns a helper, a timeout or an expectation ({@code nft_objref.c}). */
public sealed interface Objref extends Instruction {
    /** {@code NFTA_OBJREF_IMM_TYPE}. */
    Attribute IMM_TYPE = Attribute.be32(1);
    /** {@code NFTA_OBJREF_IMM_NAME}. */
    Attribute IMM_NAME = Attribute.text(2);
    /** {@code NFTA_OBJREF_SET_SREG}. */
    Attribute SET_SREG = Attribute.be32(3);
    /** {@code NFTA_OBJREF_SET_NAME}. */
    Attribute SET_NAME = Attribute.text(4);
    /** {@code NFTA_OBJREF_SET_ID}. */
    Attribute SET_ID = Attribute.be32(5);

    /** Kinds of objects ({@code NFT_OBJECT_*}), in the order of their numbers from 0. */
    enum Type {
        /** None. */
        UNSPEC,
        /** A counter. */
        COUNTER,
        /** A quota. */
        QUOTA,
        /** A helper of connections. */
        CT_HELPER,
        /** A limit. */
        LIMIT,
        /** A limit of connections. */
        CONNLIMIT,
        /** The head of a tunnel. */
        TUNNEL,
        /** Timeouts of connections. */
        CT_TIMEOUT,
        /** A security mark. */
        SECMARK,
        /** An expectation of connections. */
        CT_EXPECT,
        /** A SYN proxy. */
        SYNPROXY
    }

    /** The format of both. */
    static Format format() {
        return new Format("objref", Objref::read, IMM_TYPE, IMM_NAME, SET_SREG, SET_NAME, SET_ID);
    }

    private static Objref read(AttributeValues in) {
        return in.has(SET_SREG)
                ? new Mapped(in.small(SET_SREG), in.text(SET_NAME), in.numberOrNull(SET_ID))
                : new Named(in.choice(IMM_TYPE, Type.values()), in.text(IMM_NAME));
    }

    @Override
    default String name() {
        return "objref";
    }

    /**
     * An object by its name.
     *
     * @param type its kind
     * @param object its name
     */
    record Named(Type type, String object) implements Objref {
        /** Checks the name. */
        public Named {
            Checks.name("object", object);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(IMM_NAME, object).put(IMM_TYPE, type);
        }

        @Override
        public void print(TextLine line) {
            line.number("type", type).text("name " + object);
        }
    }

    /**
     * An object that a map has for a key.
     *
     * @param sreg the key
     * @param set the name of the map
     * @param setId the id that the transaction gave to the map, 0 to 2³²−1, or null
     */
    record Mapped(int sreg, String set, @Nullable Long setId) implements Objref {
        /** Checks the ranges. */
        public Mapped {
            Registers.check("sreg", sreg);
            Checks.name("set", set);
            Checks.u32("id of the set", setId);
        }

        @Override
        public void write(AttributeSink to) {
            to.put(SET_SREG, sreg).put(SET_NAME, set).put(SET_ID, setId);
        }

        @Override
        public void print(TextLine line) {
            line.number("sreg", sreg).text("set " + set);
        }
    }
}
