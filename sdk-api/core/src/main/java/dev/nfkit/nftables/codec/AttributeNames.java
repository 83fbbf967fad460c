// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** The kernel's names of attributes in requests, for the messages of refusals. */
public final class AttributeNames {
    private static final String NAME = "NAME";
    private static final String TABLE_NAME = "TABLE";
    private static final String HANDLE = "HANDLE";
    private static final String USERDATA = "USERDATA";
    private static final String PAD = "PAD";
    private static final String FLAGS = "FLAGS";

    /** The attributes of a nest by their numbers, from 1, and the nests among them. */
    private record Nest(String prefix, List<String> names, Map<Integer, Nest> nests) {}

    private static final Nest VALUE = new Nest("NFTA_DATA_", List.of("VALUE", "VERDICT"), Map.of());
    private static final Nest ELEMENT = new Nest(
            "NFTA_SET_ELEM_",
            List.of(
                    "KEY",
                    "DATA",
                    FLAGS,
                    "TIMEOUT",
                    "EXPIRATION",
                    USERDATA,
                    "EXPR",
                    PAD,
                    "OBJREF",
                    "KEY_END",
                    "EXPRESSIONS"),
            Map.of(Nfta.SET_ELEM_KEY, VALUE, Nfta.SET_ELEM_DATA, VALUE, Nfta.SET_ELEM_KEY_END, VALUE));
    private static final Nest TABLE =
            new Nest("NFTA_TABLE_", List.of(NAME, FLAGS, "USE", HANDLE, PAD, USERDATA, "OWNER"), Map.of());
    private static final Nest HOOK = new Nest(
            "NFTA_HOOK_", List.of("HOOKNUM", "PRIORITY", "DEV", "DEVS"), Map.of(Nfta.HOOK_DEVS, list("DEVICE")));
    private static final Nest CHAIN = new Nest(
            "NFTA_CHAIN_",
            List.of(TABLE_NAME, HANDLE, NAME, "HOOK", "POLICY", "USE", "TYPE", "COUNTERS", PAD, FLAGS, "ID", USERDATA),
            Map.of(Nfta.CHAIN_HOOK, HOOK));
    private static final Nest RULE = new Nest(
            "NFTA_RULE_",
            List.of(
                    TABLE_NAME,
                    "CHAIN",
                    HANDLE,
                    "EXPRESSIONS",
                    "COMPAT",
                    "POSITION",
                    USERDATA,
                    PAD,
                    "ID",
                    "POSITION_ID",
                    "CHAIN_ID"),
            Map.of(Nfta.RULE_EXPRESSIONS, list("EXPR")));
    private static final Nest SET = new Nest(
            "NFTA_SET_",
            List.of(
                    TABLE_NAME,
                    NAME,
                    FLAGS,
                    "KEY_TYPE",
                    "KEY_LEN",
                    "DATA_TYPE",
                    "DATA_LEN",
                    "POLICY",
                    "DESC",
                    "ID",
                    "TIMEOUT",
                    "GC_INTERVAL",
                    USERDATA,
                    PAD,
                    "OBJ_TYPE",
                    HANDLE,
                    "EXPR",
                    "EXPRESSIONS"),
            Map.of());
    private static final Nest ELEMENTS = new Nest(
            "NFTA_SET_ELEM_LIST_",
            List.of(TABLE_NAME, "SET", "ELEMENTS", "SET_ID"),
            Map.of(Nfta.SET_ELEM_LIST_ELEMENTS, new Nest("NFTA_LIST_", List.of("ELEM"), Map.of(1, ELEMENT))));
    private static final Nest OBJECT =
            new Nest("NFTA_OBJ_", List.of(TABLE_NAME, NAME, "TYPE", "DATA", "USE", HANDLE, PAD, USERDATA), Map.of());
    private static final Nest FLOW_TABLE =
            new Nest("NFTA_FLOWTABLE_", List.of(TABLE_NAME, NAME, "HOOK", "USE", HANDLE, PAD, FLAGS), Map.of());
    private static final Nest NONE = new Nest("", List.of(), Map.of());

    private AttributeNames() {}

    private static Nest list(String elements) {
        return new Nest(
                "NFTA_LIST_", List.of("ELEM"), Map.of(1, new Nest("NFTA_" + elements + "_", List.of(NAME), Map.of())));
    }

    /**
     * The names along a path.
     *
     * @param type the message's type
     * @param path the types of the attributes, from the outside in
     * @return the names, divided by slashes; {@code attribute 7} for one without a name
     */
    public static String of(int type, List<Integer> path) {
        Nest nest = root(type);
        StringJoiner names = new StringJoiner("/");
        for (int attribute : path) {
            boolean known = attribute >= 1 && attribute <= nest.names.size();
            names.add(known ? nest.prefix + nest.names.get(attribute - 1) : "attribute " + attribute);
            nest = nest.nests.getOrDefault(attribute, NONE);
        }
        return names.toString();
    }

    private static Nest root(int type) {
        return switch (type) {
            case MessageTypes.NEWTABLE, MessageTypes.DELTABLE, MessageTypes.DESTROYTABLE -> TABLE;
            case MessageTypes.NEWCHAIN, MessageTypes.DELCHAIN, MessageTypes.DESTROYCHAIN -> CHAIN;
            case MessageTypes.NEWRULE, MessageTypes.DELRULE, MessageTypes.DESTROYRULE -> RULE;
            case MessageTypes.NEWSET, MessageTypes.DELSET, MessageTypes.DESTROYSET -> SET;
            case MessageTypes.NEWSETELEM, MessageTypes.DELSETELEM, MessageTypes.DESTROYSETELEM -> ELEMENTS;
            case MessageTypes.NEWOBJ, MessageTypes.DELOBJ, MessageTypes.DESTROYOBJ -> OBJECT;
            case MessageTypes.NEWFLOWTABLE, MessageTypes.DELFLOWTABLE, MessageTypes.DESTROYFLOWTABLE -> FLOW_TABLE;
            default -> NONE;
        };
    }
}
