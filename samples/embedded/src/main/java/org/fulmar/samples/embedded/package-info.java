/** The embedded broker in ten lines. */
package org.fulmar.samples.embedded;
