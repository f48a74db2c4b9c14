"""The words by which captions of sounds are taken apart: verbs with their forms, and words that stand before a noun."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text that only lists them."""
    return frozenset(text.split())


_VERBS = word_set(
    """
    accelerate accompany announce answer applaud approach arrive babble bang bark bawl bay beat become beep beg
    begin bellow belch blare blast blaze bleat bleed blend blow boil boo boom bounce bray break breathe bring
    brush bubble build bump burn burp burst buzz cackle call calm carry carve cascade catch caw change chant
    charge chat chatter cheer chew chime chink chip chirp chirr chitter chomp chop chuckle chug churn chuff circle
    clack clang clank clap clash clatter clean clear click climb clink close clop cluck clunk coast cock collapse
    collide come connect coo cool cough crack crackle crash creak crinkle croak cross crow crumble crumple crunch
    crush cry curve cut dangle dash descend die dig ding dip disappear dive do drag drain draw dribble drift drill
    drink drip drive drizzle drone drop drown ease eat echo eject empty end enter erase erupt escape explain
    explode fall fan fart feed fill fire fizz fizzle flap flare flick flip float flood flow flush flutter fly foam
    follow fry fuss gain gallop gargle gasp gather get giggle give glide glug go gobble grab grate grind groan
    growl grow grumble grunt gulp gurgle gush hack hail halt hammer handle hang hiss hit hold honk hoot hop hover
    howl huff hum hurl hurry ignite imitate increase inhale insert interrupt jab jangle jeer jingle jog join jump
    keep kick knock land lap lash last laugh launch lead lift light linger listen load lock loosen lose lower mark
    meet melt meow mew mine mix moan moo move mow mumble munch murmur mutter neigh nibble oink open operate
    overlap pace pad pant pass patter pause peal peck peel peep pelt perform pick pierce ping play plod plop plow
    pluck plunge poke pop pound pour practice practise pray press print pronounce puff pull pulse pump punch purr
    push put putt putter quack quicken race rage raise ram rap rasp rattle reach read recite reload repeat
    resonate resound rest rev revolve ride ring rinse rip ripple rise roar roll rotate row rub ruffle rumble
    rummage run rush rustle saw say scatter scour scold scrape scratch scream screech scrub scuff scurry seal
    search send set settle sew shake sharpen shatter shift shimmer shine shoot shout shovel shower shred shriek
    shudder shuffle shut shiver sigh simmer sing sink sip sit sizzle skid slam slap slice slide slosh slow slurp
    smack smash snap snarl sneeze snicker sniff sniffle snip snore snort snuffle soar sob soften sound spatter
    speak speed spell spill spin spit splash splatter splinter split splutter spray spread sprinkle spurt squawk
    squeak squeal squeeze squelch squish stab stagger stand start stay step stick stir stomp stop stretch strike
    stroll strum stumble suck surge sway sweep swell swim swing swirl swish swoop swoosh take talk tap taper tear
    thrash throb throw thud thump thunder thunk tick tinkle tip toll toot topple toss touch tramp trample travel
    tread tremble trickle trill trip trot trudge trumpet try tumble turn twang tweet twist twitter type unload
    unlock unwrap utter vacuum vanish vary vibrate wade wail wait wake walk warble warm warn wash waver weaken
    weave weld whack wheeze whimper whinny whine whip whir whirl whirr whisper whistle whizz whoop whoosh wind
    wipe wobble woof work write yap yell yelp yodel yowl list thin fight stream seep converse swarm cluster
    thicken shorten lumber let bite curl form lick dance toggle unlatch squash surround place fell continue cease
    trade seem rock want bid attack hear name make drum trail tail arise crest pitch brood zap zip zoom baa bong
    clomp comfort crank cruise dispense dump fade flatten flit fold glance hurtle idle jam lurch meander obey
    patrol perk ratchet ricochet scamper scribble sear skip slither smooth snick sport stamp steam strain stride
    swallow swat swerve thrum tootle trundle use wander whisk whittle whomp wrestle zing
    """
)

_IRREGULAR_THIRD = {"do": "does", "go": "goes", "fizz": "fizzes", "whizz": "whizzes", "echo": "echoes", "have": "has"}
_DOUBLING = word_set(
    """
    beg chat chip chop chug clap clop cut dig dip drag drip drop drum fan flap flip flit flush get glug grab hit
    hop hum jab jam jog knit lap mop nag pad pat peg pop pot pun put ram rap rev rip rub run set ship shred shut
    sip sit skid skip slam slap slip slit snap snip sob spin spit split squat stab step stir stop strum sun swat
    swim tap thrum tip trap trim trip trot tug wag whip whir wrap scrub thud plop plod bob let thin yap zap zip
    begin
    """
) - {"flush"}


def third_person(verb: str) -> str:
    """The form after "it": bark -> barks, cry -> cries, buzz -> buzzes."""
    if verb in _IRREGULAR_THIRD:
        return _IRREGULAR_THIRD[verb]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh")) else "s")


def gerund(verb: str) -> str:
    """The -ing form: bark -> barking, chime -> chiming, hum -> humming."""
    if verb in _DOUBLING:
        return verb + verb[-1] + "ing"
    if verb in ("die", "lie", "tie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + "ing"


# Forms that are nouns far more often than verbs, so that they say nothing about where a clause's verb stands.
_NOUNS = word_set("rows fans drills mines lights")
BASE_OF_THIRD = {third_person(verb): verb for verb in sorted(_VERBS) if third_person(verb) not in _NOUNS}
# Bare forms that are adjectives or nouns more often than verbs say nothing either.
BASES = (_VERBS | {"low"}) - word_set(
    """
    bay blast wind steam fan drill mine light end hammer row lap can sport last clear clean warm smooth cool calm
    empty slow close open dry thin list
    """
)
PLURAL_AUXILIARIES = word_set("are were have do don't")
SINGULAR_AUXILIARIES = word_set("is was has does doesn't")

# Forms that are never nouns: where one stands, there is the verb.
CERTAIN_VERBS = word_set(
    """
    comes goes fills keeps continues gives becomes gets carries begins dies fades speaks says sings makes takes
    lets grows come go fill keep continue give become get carry begin die fade speak say sing make take let grow
    """
)
# Things there is one of, so that "the" needs no introduction.
UNIQUE_NOUNS = word_set(
    """
    wind sea surf ocean sky air night earth ground sun street forest floor room sound noise waves tide
    """
)

# What may stand between a determiner and its noun; participles and -y, -ful ... words are told by their endings.
ADJECTIVES = word_set(
    """
    big bright brief broad bare calm clear clean close cold constant continuous crisp dark deep dense different
    distant double dry dull even electric faint far far-off fast few fine firm flat foreign free fresh full gentle
    giant hard harsh high hoarse hollow hot huge large light little lively lone long loose loud low male female
    mechanical medium metallic mild muffled modern narrow nasal near nearby nervous new normal old open paced
    plain plaintive playful poor quick quiet rapid raw regular rough round rude sad same separate several sharp
    short shrill silent simple single slight slow small smooth soft solid solo sole some spare steady steep
    strained strange strong sudden sweet tall tender thick thin thunderous tight tiny tough triple unbroken uneven
    unhurried vast warm weak wet whole wide wild wooden young newborn adult angry drawn-out high-pitched
    low-pitched deep-voiced half-second acoustic repeated isolated spaced more less very rather quite gritty
    lonely dry-sounding mellow shallow sombre stiff thudding first last next second third fourth final other
    """
)
DETERMINERS = word_set(
    """
    a an the one two three four five six seven eight nine ten eleven twelve twenty thirty several many some few
    another its their his her each every both no couple single various numerous more most lots
    """
)
PREPOSITIONS = word_set(
    """
    of from by in on with at over under through against into onto across along around behind beneath beside
    between inside near outside past to toward towards up down off out like for without within among amid upon
    about above after before and or
    """
)
PLURAL_STARTS = word_set(
    """
    two three four five six seven eight nine ten eleven twelve several many few some both various numerous
    repeated
    """
)
PROPER = word_set(
    """
    i english french german russian spanish greek italian dutch latin polish hungarian danish swedish norwegian
    finnish portuguese czech chinese japanese arabic hindi morse american british african european asian doppler
    christmas monday sunday indian scottish irish turkish
    """
)

Y_ADJECTIVES = word_set(
    """
    heavy steady dry busy noisy tiny airy breathy bouncy brassy bubbly buzzy chewy choppy chunky clattery clicky
    crackly creaky creepy croaky crumbly crunchy crusty drowsy dusty earthy easy empty fizzy foamy funny fuzzy
    gassy glassy gloomy grainy grassy gravelly gritty growly gummy happy hasty hearty hefty hungry icy jazzy jerky
    jolly juicy lazy leafy leisurely lengthy lively lonely melancholy merry mighty moody mushy nasty ordinary
    raspy rainy ready reedy roomy rubbery rusty sandy scratchy shaky sleepy snappy snowy soggy spooky splashy
    springy squeaky squishy steamy sticky stormy sunny thocky throaty tinny unsteady watery weary wheezy windy
    woody yappy early deadly friendly
    """
)
ENDING_NOUNS = word_set(
    """
    animal signal squeal cymbal seal dial canal metal handful mouthful shovelful music traffic mechanic statement
    infant elephant plant equipment instrument announcement pavement accompaniment movement moment present current
    document parent cricket crowd bed shed seed speed weed breed reed sled bird fabric static plastic electronics
    fish dish english finish string spring ring king wing thing evening morning ceiling building wedding lightning
    something nothing everything wind beehive hive dive moped quadruped
    """
)
MASS_NOUNS = word_set(
    """
    water rain thunder fire glass metal wood traffic music surf air electricity liquid static paper gravel grass
    meat food steam snow ice laughter applause speech chatter talk birdsong rainwater rainfall hail sand foliage
    crockery laundry cattle poultry livestock machinery cutlery oil sea ocean wind breeze foam soil dirt straw
    earth chalk noise silence rubble sizzle smoke plastic cloth fabric leather stone rock radio movement snoring
    breath conversation singing voice sound tv television footfall everything coal
    """
)
IRREGULAR_PLURALS = word_set(
    """
    people children men women geese sheep cattle teeth feet mice police fish deer poultry fireworks oxen
    """
)
