// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

/**
 * The numbers of attributes of nftables' objects, by the kernel's names without {@code NFTA_} ({@code
 * linux/netfilter/nf_tables.h}). Each number stands only here. Those of expressions are with the instructions.
 */
public final class Nfta {
    /** An element of a list of devices, elements, expressions or fields. */
    public static final int LIST_ELEM = 1;

    /** Of an instruction: its name. */
    static final int EXPR_NAME = 1;
    /** Of an instruction: its attributes. */
    static final int EXPR_DATA = 2;

    public static final int TABLE_NAME = 1;
    public static final int TABLE_FLAGS = 2;
    public static final int TABLE_USE = 3;
    public static final int TABLE_HANDLE = 4;
    public static final int TABLE_USERDATA = 6;
    public static final int TABLE_OWNER = 7;

    public static final int CHAIN_TABLE = 1;
    public static final int CHAIN_HANDLE = 2;
    public static final int CHAIN_NAME = 3;
    public static final int CHAIN_HOOK = 4;
    public static final int CHAIN_POLICY = 5;
    public static final int CHAIN_USE = 6;
    public static final int CHAIN_TYPE = 7;
    public static final int CHAIN_COUNTERS = 8;
    public static final int CHAIN_FLAGS = 10;
    public static final int CHAIN_ID = 11;
    public static final int CHAIN_USERDATA = 12;

    public static final int HOOK_HOOKNUM = 1;
    public static final int HOOK_PRIORITY = 2;
    public static final int HOOK_DEV = 3;
    public static final int HOOK_DEVS = 4;

    public static final int DEVICE_NAME = 1;

    public static final int RULE_TABLE = 1;
    public static final int RULE_CHAIN = 2;
    public static final int RULE_HANDLE = 3;
    public static final int RULE_EXPRESSIONS = 4;
    public static final int RULE_COMPAT = 5;
    public static final int RULE_POSITION = 6;
    public static final int RULE_USERDATA = 7;
    public static final int RULE_ID = 9;
    public static final int RULE_POSITION_ID = 10;
    public static final int RULE_CHAIN_ID = 11;

    public static final int SET_TABLE = 1;
    public static final int SET_NAME = 2;
    public static final int SET_FLAGS = 3;
    public static final int SET_KEY_TYPE = 4;
    public static final int SET_KEY_LEN = 5;
    public static final int SET_DATA_TYPE = 6;
    public static final int SET_DATA_LEN = 7;
    public static final int SET_POLICY = 8;
    public static final int SET_DESC = 9;
    public static final int SET_ID = 10;
    public static final int SET_TIMEOUT = 11;
    public static final int SET_GC_INTERVAL = 12;
    public static final int SET_USERDATA = 13;
    public static final int SET_OBJ_TYPE = 15;
    public static final int SET_HANDLE = 16;
    public static final int SET_EXPR = 17;
    public static final int SET_EXPRESSIONS = 18;
    public static final int SET_TYPE = 19;
    public static final int SET_COUNT = 20;

    public static final int SET_DESC_SIZE = 1;
    public static final int SET_DESC_CONCAT = 2;

    public static final int SET_FIELD_LEN = 1;

    public static final int SET_ELEM_LIST_TABLE = 1;
    public static final int SET_ELEM_LIST_SET = 2;
    public static final int SET_ELEM_LIST_ELEMENTS = 3;
    public static final int SET_ELEM_LIST_SET_ID = 4;

    public static final int SET_ELEM_KEY = 1;
    public static final int SET_ELEM_DATA = 2;
    public static final int SET_ELEM_FLAGS = 3;
    public static final int SET_ELEM_TIMEOUT = 4;
    public static final int SET_ELEM_EXPIRATION = 5;
    public static final int SET_ELEM_USERDATA = 6;
    public static final int SET_ELEM_EXPR = 7;
    public static final int SET_ELEM_OBJREF = 9;
    public static final int SET_ELEM_KEY_END = 10;
    public static final int SET_ELEM_EXPRESSIONS = 11;

    public static final int OBJ_TABLE = 1;
    public static final int OBJ_NAME = 2;
    public static final int OBJ_TYPE = 3;
    public static final int OBJ_DATA = 4;
    public static final int OBJ_USE = 5;
    public static final int OBJ_HANDLE = 6;
    public static final int OBJ_USERDATA = 8;

    public static final int FLOWTABLE_TABLE = 1;
    public static final int FLOWTABLE_NAME = 2;
    public static final int FLOWTABLE_HOOK = 3;
    public static final int FLOWTABLE_USE = 4;
    public static final int FLOWTABLE_HANDLE = 5;
    public static final int FLOWTABLE_FLAGS = 7;

    public static final int FLOWTABLE_HOOK_NUM = 1;
    public static final int FLOWTABLE_HOOK_PRIORITY = 2;
    public static final int FLOWTABLE_HOOK_DEVS = 3;

    public static final int GEN_ID = 1;
    public static final int GEN_PROC_PID = 2;
    public static final int GEN_PROC_NAME = 3;

    private Nfta() {}
}
