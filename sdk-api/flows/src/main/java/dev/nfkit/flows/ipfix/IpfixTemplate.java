// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.util.List;

/**
 * The fields of data records, in their order.
 *
 * @param id the number of the sets that it applies to, 256 to 65535
 * @param scopes the number of fields at the beginning that are the scope of options; 0 for a template of data
 * @param fields the fields, at least one
 */
public record IpfixTemplate(int id, int scopes, List<TemplateField> fields) {
    private static final int LEAST_ID = 256;
    private static final int MOST_ID = 0xffff;

    /**
     * Verifies the numbers.
     *
     * @throws IllegalArgumentException if one is out of range, or there are no fields
     */
    public IpfixTemplate {
        if (id < LEAST_ID || id > MOST_ID) {
            throw new IllegalArgumentException("id is from " + LEAST_ID + " to " + MOST_ID + ", not " + id);
        }
        fields = List.copyOf(fields);
        if (fields.isEmpty()) {
            throw new IllegalArgumentException("template " + id + " has no fields");
        }
        if (scopes < 0 || scopes > fields.size()) {
            throw new IllegalArgumentException("scopes is from 0 to " + fields.size() + ", not " + scopes);
        }
    }

    /** The least number of bytes of a record, at least one for each field. */
    int leastLength() {
        int least = 0;
        for (TemplateField field : fields) {
            least += field.leastLength();
        }
        return least;
    }

    /**
     * Whether its records are options, such as statistics of the exporter.
     *
     * @return whether it has scopes
     */
    public boolean isOptions() {
        return scopes > 0;
    }
}
