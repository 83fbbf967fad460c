// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import java.time.Duration;

/**
 * How messages are read, and the limits of what an exporter may occupy. Immutable; {@link #defaults} and the methods
 * that change one member make it.
 *
 * @param enterprise the private enterprise number of nfkit's own elements, as its exporters have it ({@link
 *     IpfixFormat#enterprise})
 * @param maxTemplates the greatest number of templates of one exporter, from 1. Further ones are counted and not used
 * @param maxFields the greatest number of fields of all templates together, from 1, likewise
 * @param maxDomains the greatest number of observation domains of one exporter, from 1. Messages of further ones are
 *     counted and not read
 * @param templateLifetime the time after which a template that was not repeated is no longer used, 1 second to 1 day.
 *     It applies to UDP
 */
public record IpfixReaderOptions(
        long enterprise, int maxTemplates, int maxFields, int maxDomains, Duration templateLifetime) {
    private static final int TEMPLATES = 256;
    private static final int FIELDS = 65_536;
    private static final int DOMAINS = 64;
    private static final Duration LIFETIME = Duration.ofMinutes(30);
    private static final Duration LEAST = Duration.ofSeconds(1);
    private static final Duration MOST = Duration.ofDays(1);

    /**
     * Verifies the ranges.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public IpfixReaderOptions {
        IpfixFormat.defaults().withEnterprise(enterprise); // verifies it
        least("maxTemplates", maxTemplates);
        least("maxFields", maxFields);
        least("maxDomains", maxDomains);
        if (templateLifetime.compareTo(LEAST) < 0 || templateLifetime.compareTo(MOST) > 0) {
            throw new IllegalArgumentException("templateLifetime is from PT1S to PT24H, not " + templateLifetime);
        }
    }

    private static void least(String name, int number) {
        if (number < 1) {
            throw new IllegalArgumentException(name + " is from 1, not " + number);
        }
    }

    /**
     * The example number of RFC 5612, 256 templates and 64 domains for each exporter, 65536 fields, 30 minutes.
     *
     * @return the defaults
     */
    public static IpfixReaderOptions defaults() {
        return new IpfixReaderOptions(IpfixFormat.EXAMPLE_ENTERPRISE, TEMPLATES, FIELDS, DOMAINS, LIFETIME);
    }

    /**
     * Another enterprise number.
     *
     * @param number 1 to 2³²−1
     * @return options with it
     * @throws IllegalArgumentException if it is out of range
     */
    public IpfixReaderOptions withEnterprise(long number) {
        return new IpfixReaderOptions(number, maxTemplates, maxFields, maxDomains, templateLifetime);
    }

    /**
     * Another greatest number of templates of one exporter.
     *
     * @param number from 1
     * @return options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public IpfixReaderOptions withMaxTemplates(int number) {
        return new IpfixReaderOptions(enterprise, number, maxFields, maxDomains, templateLifetime);
    }

    /**
     * Another greatest number of fields of all templates together.
     *
     * @param number from 1
     * @return options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public IpfixReaderOptions withMaxFields(int number) {
        return new IpfixReaderOptions(enterprise, maxTemplates, number, maxDomains, templateLifetime);
    }

    /**
     * Another greatest number of observation domains of one exporter.
     *
     * @param number from 1
     * @return options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public IpfixReaderOptions withMaxDomains(int number) {
        return new IpfixReaderOptions(enterprise, maxTemplates, maxFields, number, templateLifetime);
    }

    /**
     * Another lifetime of templates over UDP.
     *
     * @param time 1 second to 1 day
     * @return options with it
     * @throws IllegalArgumentException if it is out of range
     */
    public IpfixReaderOptions withTemplateLifetime(Duration time) {
        return new IpfixReaderOptions(enterprise, maxTemplates, maxFields, maxDomains, time);
    }
}
