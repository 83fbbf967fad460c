// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.samples.cli.run.Failure;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A group or a queue that the doctor looks at.
 *
 * @param queue whether it is a queue
 * @param number 0 to 65535
 */
record Place(boolean queue, int number) {
    private static final Pattern FORM = Pattern.compile("(nflog|nfqueue|queue):(\\d{1,5})");
    private static final int MOST = 65535;

    static Place parse(String text) throws Failure {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw Failure.usage("doctor " + text + ": expected nflog:GROUP or queue:NUMBER, such as nflog:30");
        }
        int number = Integer.parseInt(matcher.group(2));
        if (number > MOST) {
            throw Failure.usage("doctor " + text + ": " + number + " is out of range 0 to " + MOST);
        }
        return new Place(!matcher.group(1).equals("nflog"), number);
    }

    @Override
    public String toString() {
        return (queue ? "queue:" : "nflog:") + number;
    }
}
