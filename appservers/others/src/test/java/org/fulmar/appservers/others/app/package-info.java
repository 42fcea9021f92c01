/** The application that is deployed to each server: what it does is told to it by messages. */
package org.fulmar.appservers.others.app;
